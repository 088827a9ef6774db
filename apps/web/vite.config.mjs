import { readFileSync } from 'node:fs';
import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig } from 'vite';

/** `npm run dev -w apps/web` expects a coordinator on its default port. */
const coordinator = 'http://127.0.0.1:4710';

/** The version that the coordinator says in `welcome`: one build makes both. */
const { version } = JSON.parse(readFileSync(new URL('../coordinator/package.json', import.meta.url), 'utf8'));

export default defineConfig({
  define: { __GRADPOOL_VERSION__: JSON.stringify(version) },
  plugins: [react()],
  // Libs are read as source, as in the tests.
  resolve: { conditions: ['@gradpool/source', ...defaultClientConditions] },
  worker: { format: 'es' },
  build: { outDir: 'site', emptyOutDir: true, target: 'es2022', chunkSizeWarningLimit: 2_000 },
  server: {
    proxy: {
      '/api': coordinator,
      '/data': coordinator,
      '/verified': coordinator,
      '/socket': { target: coordinator, ws: true },
    },
  },
});
