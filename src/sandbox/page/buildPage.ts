import { fileURLToPath } from 'node:url';

/** Program: builds the page into the directory that is its only argument. */

const [outDir] = process.argv.slice(2);
if (outDir === undefined) throw new Error('Name the directory to build into');

const { build } = await import('vite');
const { default: react } = await import('@vitejs/plugin-react');

await build({
  root: fileURLToPath(new URL('./web', import.meta.url)),
  configFile: false,
  envFile: false,
  logLevel: 'error',
  plugins: [react()],
  build: {
    outDir,
    emptyOutDir: true,
    target: 'es2023',
    // A data: URL would need a place in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
