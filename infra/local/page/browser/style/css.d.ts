/** esbuild bundles it. */
declare module '*.css';
