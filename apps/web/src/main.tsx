import '@mantine/core/styles.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { ApiFailure } from './app/api.ts';
import { App } from './app/app.tsx';
import { readableGreys, theme } from './app/theme.ts';
import { takeTokenFromAddress } from './app/token.ts';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
takeTokenFromAddress();
/** A refusal (4xx) would be the same again. */
const retryOnce = (failures: number, error: Error): boolean =>
  failures < 1 && !(error instanceof ApiFailure && error.status >= 400 && error.status < 500);

// The socket tells when something is new: nothing is fetched again for being old.
const queries = new QueryClient({
  defaultOptions: { queries: { staleTime: Infinity, refetchOnWindowFocus: false, retry: retryOnce } },
});
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={readableGreys} defaultColorScheme="auto">
      <QueryClientProvider client={queries}>
        <App />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
