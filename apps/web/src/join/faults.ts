/** Why a worker stopped, in words for whoever holds the device. */
export interface FaultText {
  readonly title: string;
  readonly text: string;
  /** Whether joining again may help without anything else being done. */
  readonly again: boolean;
}

const texts: Readonly<Record<string, FaultText>> = {
  E_TOKEN: {
    title: 'This link is not valid',
    text: 'Its token is wrong or has expired. Ask for the link again and open it anew.',
    again: false,
  },
  E_ROLE: {
    title: 'This link may not join',
    text: 'Its token is for looking on. Ask for the link to join.',
    again: false,
  },
  E_ORIGIN: {
    title: 'This address is not allowed',
    text: 'The coordinator does not take workers from the address of this page. Open the page at the address that the coordinator prints.',
    again: false,
  },
  E_REPLACED: {
    title: 'Another tab works in this one’s place',
    text: 'The same worker was opened a second time, and the newer one goes on. Join again to work here too.',
    again: true,
  },
  E_REMOVED: {
    title: 'You were taken out of the room',
    text: 'The person who runs this room has removed this device. Ask them; when they open the room again, you can join again.',
    again: true,
  },
  E_VERSION: {
    title: 'This page is out of date',
    text: 'The coordinator was upgraded and speaks a newer version. Reload this page.',
    again: false,
  },
  E_BACKEND_NONE: {
    title: 'This browser cannot compute',
    text: 'It offers neither WebAssembly nor a graphics card that calculates right. Update the browser or use another one.',
    again: false,
  },
  E_BROWSER: {
    title: 'This browser is too old',
    text: 'It lacks what training needs. Update it, or open the link in a current Chrome, Edge, Firefox or Safari.',
    again: false,
  },
  E_BACKEND: {
    title: 'The computing part of this browser failed again and again',
    text: 'What was under way goes on elsewhere. Close other tabs, then join again.',
    again: true,
  },
  E_BACKEND_LOST: {
    title: 'The graphics card of this device stopped',
    text: 'What was under way goes on elsewhere. Join again to go on with the processor.',
    again: true,
  },
  E_OUT_OF_MEMORY: {
    title: 'This device has too little memory',
    text: 'What was under way goes on elsewhere. Close other tabs and programs, then join again.',
    again: true,
  },
};

export function faultText({ code, message }: { readonly code: string; readonly message: string }): FaultText {
  return texts[code] ?? { title: 'This tab cannot go on', text: `${message} (${code})`, again: true };
}
