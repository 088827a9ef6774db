import { Badge, createTheme, type CSSVariablesResolver } from '@mantine/core';

export const theme = createTheme({
  primaryColor: 'blue',
  primaryShade: 8,
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
  headings: { fontWeight: '600' },
  defaultRadius: 'md',
  cursorType: 'pointer',
  components: {
    // The tint alone carries the colour: the kit's tinted text stays below a contrast of 4.5 to 1.
    Badge: Badge.extend({
      styles: (_, { variant }) => ({
        label: { textTransform: 'none', ...(variant === 'light' ? { color: 'var(--mantine-color-text)' } : {}) },
      }),
    }),
  },
});

/** Secondary text that still reads well: the kit's own greys stay below a contrast of 4.5 to 1. */
export const readableGreys: CSSVariablesResolver = () => ({
  variables: {},
  light: { '--mantine-color-dimmed': '#51585e', '--mantine-color-placeholder': '#646b71' },
  dark: { '--mantine-color-dimmed': '#b1b6bb', '--mantine-color-placeholder': '#a1a6ab' },
});
