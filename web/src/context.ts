/** Gives every part of the console what the frame around it holds. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { AdminClient } from './api/admin.js';
import type { ApiClient } from './api/client.js';
import type { Format } from './format.js';
import type { Words } from './language/en.js';
import type { Language } from './language/language.js';
import type { Session } from './session.js';

export interface ConsoleContext {
  readonly api: ApiClient;
  /** The calls that an administrator's token may make. */
  readonly admin: AdminClient;
  readonly session: Session;
  readonly language: Language;
  readonly words: Words;
  readonly format: Format;
  /** The address now, to come back to after signing in. */
  readonly address: string;
  readonly go: (address: string) => void;
  /** A line at the edge of the screen that disappears automatically; also spoken. */
  readonly notify: (text: string, kind?: 'good' | 'bad') => void;
}

export const Context = createContext<ConsoleContext | undefined>(undefined);

/** @throws Error outside the console's frame. */
export function useConsole(): ConsoleContext {
  const context = useContext(Context);
  if (context === undefined) throw new Error('a part of the console is outside its frame');
  return context;
}
