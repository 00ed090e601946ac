/** Switches between light, dark, and the device's own setting. */

const STORAGE_KEY = 'seonchak.theme';

export const themes = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

/** Sent on the document when colours have changed; what is drawn rather than styled draws again. */
export const THEME_EVENT = 'seonchak:theme';

export function chosenTheme(): Theme {
  return themes.find((theme) => theme === localStorage.getItem(STORAGE_KEY)) ?? 'auto';
}

export function applyTheme(theme: Theme): void {
  localStorage.setItem(STORAGE_KEY, theme);
  if (theme === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
  document.dispatchEvent(new Event(THEME_EVENT));
}

export function followDevice(): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    document.dispatchEvent(new Event(THEME_EVENT));
  });
}

export function nextTheme(theme: Theme): Theme {
  return themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'auto';
}

/** The value of a colour of styles/colours.css as it is now. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
