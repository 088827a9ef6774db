import { getBytes } from './api.ts';

/** Fetches with the page's token, which a plain link would not carry, and hands the bytes to the browser as a file. */
export async function saveBytes(path: string, name: string): Promise<void> {
  const url = URL.createObjectURL(new Blob([await getBytes(path)]));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
