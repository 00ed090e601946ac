/** Pages are built from elements, never from text that is parsed as HTML: nothing that a seller types can become markup. */

export type Child = Node | string | number | false | undefined;

interface Properties {
  readonly class?: string;
  readonly on?: { readonly [Name in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[Name]) => void };
  /** Everything else is an attribute: `true` sets it empty, `false` and `undefined` leave it out. */
  readonly [attribute: string]: string | number | boolean | undefined | object;
}

export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Properties = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'object' || value === undefined || value === false) continue;
    node.setAttribute(name, value === true ? '' : String(value));
  }
  for (const [name, listener] of Object.entries(properties.on ?? {})) {
    node.addEventListener(name, listener as EventListener);
  }
  node.append(...nodesOf(children));
  return node;
}

/** Replaces what is inside. */
export function fill(node: Element, ...children: readonly Child[]): void {
  node.replaceChildren(...nodesOf(children));
}

/**
 * The same for content that is shown anew: keyboard focus inside stays on the same element, or else moves to the first.
 */
export function refill(node: Element, ...children: readonly Child[]): void {
  const active = document.activeElement;
  const focused = active !== node && node.contains(active) ? active : null;
  fill(node, ...children);
  if (focused === null) return;
  const places = Array.from(node.querySelectorAll<HTMLElement>('a, button:not(:disabled), input'));
  (places.find((place) => spokenName(place) === spokenName(focused)) ?? places[0])?.focus();
}

function spokenName(node: Element): string {
  return node.getAttribute('href') ?? node.getAttribute('aria-label') ?? node.textContent;
}

/** Writes only what changed: a screen reader and a selection are not disturbed by the same text again. */
export function setText(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

export function svg(viewBox: string, ...paths: readonly string[]): SVGSVGElement {
  const namespace = 'http://www.w3.org/2000/svg';
  const root = document.createElementNS(namespace, 'svg');
  root.setAttribute('viewBox', viewBox);
  root.setAttribute('aria-hidden', 'true');
  root.setAttribute('class', 'icon');
  for (const d of paths) {
    const path = document.createElementNS(namespace, 'path');
    path.setAttribute('d', d);
    root.append(path);
  }
  return root;
}

function nodesOf(children: readonly Child[]): (Node | string)[] {
  return children
    .filter((child) => child !== undefined && child !== false)
    .map((child) => (typeof child === 'number' ? String(child) : child));
}
