import type { ComponentChildren } from 'preact';

/** An article of the runbook: its headings, paragraphs, lists and commands. */
export function Article({ text }: { readonly text: string }) {
  return <div class="article">{blocksOf(text).map(drawBlock)}</div>;
}

interface Block {
  readonly kind: 'heading' | 'code' | 'text' | 'item';
  readonly text: string;
}

function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let code: string[] | undefined;
  let lines: string[] = [];
  const flush = () => {
    const paragraph = lines.join(' ').trim();
    lines = [];
    if (paragraph === '') return;
    const isItem = /^(-|\d+\.) /.test(paragraph);
    blocks.push({ kind: isItem ? 'item' : 'text', text: paragraph.replace(/^- /, '') });
  };
  for (const line of text.split('\n')) {
    const trimmed = line.trim();
    if (trimmed.startsWith('```')) {
      flush();
      if (code !== undefined) blocks.push({ kind: 'code', text: code.join('\n') });
      code = code === undefined ? [] : undefined;
    } else if (code !== undefined) {
      code.push(line.replace(/^ {3}/, ''));
    } else if (trimmed.startsWith('### ')) {
      flush();
      blocks.push({ kind: 'heading', text: trimmed.slice(4) });
    } else if (trimmed === '') {
      flush();
    } else {
      if (/^(-|\d+\.) /.test(trimmed)) flush();
      lines.push(trimmed);
    }
  }
  flush();
  return blocks;
}

function drawBlock({ kind, text }: Block, index: number): ComponentChildren {
  switch (kind) {
    case 'heading':
      return <h3 key={index}>{text}</h3>;
    case 'code':
      return <pre>{text}</pre>;
    case 'item':
      return (
        <p key={index} class="item">
          {drawInline(text)}
        </p>
      );
    case 'text':
      return <p key={index}>{drawInline(text)}</p>;
    default:
      return kind satisfies never;
  }
}

/** Code between backticks; a link is its text. */
function drawInline(text: string): ComponentChildren[] {
  return text
    .replaceAll(/\[([^\]]+)\]\([^)]*\)/g, '$1')
    .split('`')
    .map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : part));
}
