/** Chooses the language: the one selected before in this browser, else the browser's. */
import { en } from './en.js';
import type { Words } from './en.js';
import { ko } from './ko.js';

export type Language = 'ko' | 'en';

const STORAGE_KEY = 'seonchak.language';
const wordsOf: Readonly<Record<Language, Words>> = { ko, en };

export function preferredLanguage(): Language {
  const chosen = localStorage.getItem(STORAGE_KEY);
  if (chosen === 'ko' || chosen === 'en') return chosen;
  return navigator.language.toLowerCase().startsWith('ko') ? 'ko' : 'en';
}

export function chooseLanguage(language: Language): void {
  localStorage.setItem(STORAGE_KEY, language);
}

export function wordsIn(language: Language): Words {
  return wordsOf[language];
}
