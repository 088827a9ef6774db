/** Version of the build that this page belongs to; put in by Vite. */
declare const __GRADPOOL_VERSION__: string;
