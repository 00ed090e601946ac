/** Chooses the media type and the language that the caller prefers (RFC 9110, 12.5.1 and 12.5.4). */

/** A header is as long as the head allows; no client needs more ranges than this. */
const RANGES_MAX = 32;

interface Range {
  /** In lower case; a subtype, or both parts, may be an asterisk. */
  readonly form: string;
  readonly quality: number;
}

/**
 * The type with the highest quality; of equal ones the one named most exactly, then the one named first.
 *
 * @param types what there is; the first is for callers who name no type, or none of these.
 */
export function preferredType<Type extends string>(accept: string, types: readonly [Type, ...Type[]]): Type {
  const ranges = accept.split(',', RANGES_MAX).map(rangeOf);
  let best: { readonly type: Type; readonly rank: readonly number[] } | undefined;
  for (const type of types) {
    const rank = rankOf(type, ranges);
    if (rank === undefined) continue;
    if (best === undefined || isAbove(rank, best.rank)) best = { type, rank };
  }
  return best?.type ?? types[0];
}

/** The language with the highest quality, then the one named first; `undefined` where the caller names none of them. */
export function preferredLanguage<Language extends string>(
  acceptLanguage: string,
  languages: readonly Language[],
): Language | undefined {
  const wanted = acceptLanguage.split(',', RANGES_MAX).map(rangeOf);
  wanted.sort((one, other) => other.quality - one.quality);
  for (const { form, quality } of wanted) {
    const found = languages.find((language) => form === language || form.startsWith(`${language}-`));
    if (found !== undefined && quality > 0) return found;
  }
  return undefined;
}

function rangeOf(text: string): Range {
  const [form = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const quality = parameters.find((parameter) => parameter.startsWith('q='));
  return { form, quality: quality === undefined ? 1 : Number(quality.slice('q='.length)) || 0 };
}

/** Quality, exactness, place in the header: compared in this order. The most exact range that fits decides; `undefined`: not wanted. */
function rankOf(type: string, ranges: readonly Range[]): readonly number[] | undefined {
  const forms = [type, `${type.slice(0, type.indexOf('/'))}/*`, '*/*'];
  for (const [distance, form] of forms.entries()) {
    const place = ranges.findIndex((range) => range.form === form);
    const quality = ranges[place]?.quality;
    if (quality !== undefined) return quality > 0 ? [quality, -distance, -place] : undefined;
  }
  return undefined;
}

function isAbove(rank: readonly number[], other: readonly number[]): boolean {
  const at = rank.findIndex((value, place) => value !== other[place]);
  return at !== -1 && (rank[at] ?? 0) > (other[at] ?? 0);
}
