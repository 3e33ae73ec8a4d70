/** The page's own files: one document, one script, one style. The script is bundled when it is first asked for. */
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export interface Asset {
  readonly type: string;
  readonly body: string;
}

const ENTRY = fileURLToPath(new URL('../browser/main.tsx', import.meta.url));

/** The document; its script and style are asked for with the same key. */
export function documentOf(key: string): Asset {
  const body = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>HubSpot Events → EventBridge</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page.css?key=${key}">
<script type="module" src="/page.js?key=${key}"></script>
</head>
<body><div id="page"><noscript>This page needs JavaScript.</noscript></div></body>
</html>
`;
  return { type: 'text/html; charset=utf-8', body };
}

let bundled: Promise<{ readonly script: Asset; readonly style: Asset }> | undefined;

/** The script and the style, bundled once in a process. */
export function bundleAssets() {
  bundled ??= bundle();
  return bundled;
}

async function bundle() {
  const { outputFiles } = await build({
    entryPoints: [ENTRY],
    outdir: 'page',
    write: false,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
  const textOf = (ending: string) => outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? '';
  return {
    script: { type: 'text/javascript; charset=utf-8', body: textOf('.js') },
    style: { type: 'text/css; charset=utf-8', body: textOf('.css') },
  };
}
