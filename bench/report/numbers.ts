/** Formats numbers in the same way for every report. */

export const count = (value: number): string => Math.round(value).toLocaleString('en');
export const milliseconds = (value: number): string => value.toFixed(value < 10 ? 1 : 0);
export const microseconds = (value: number): string => value.toFixed(value < 100 ? 1 : 0);
export const megabytes = (bytes: number): string =>
  bytes === 0 ? '–' : Math.round(bytes / 2 ** 20).toString();
export const share = (part: number): string =>
  part > 0 && part < 0.01 ? '<1 %' : `${Math.round(part * 100)} %`;
