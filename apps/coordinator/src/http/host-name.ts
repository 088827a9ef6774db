/** True where a Host header holds nothing but a host and a port, so that it may stand in a header of ours. */
export const isHostName = (host: string): boolean => /^[\w.:[\]-]+$/.test(host);
