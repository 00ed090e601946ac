/** Writes HTML: the frame of a page, a form that works without scripts, escaped text. */

const STYLE = `
  body { font: 1.0625rem/1.5 system-ui; max-width: 32rem; margin: 12vh auto; padding: 0 1.25rem; color: #1d1c19; background: #f7f5f0 }
  h1 { font-size: 1.75rem; line-height: 1.25 }
  form { display: inline-block; margin: 0.25em 0.5em 0.25em 0 }
  button, input { margin: 0.125em 0; font: inherit; padding: 0.375em 0.875em; border: 1px solid #0f6b57; border-radius: 0.5em }
  button { color: #fff; background: #0f6b57; cursor: pointer }
  ul { padding: 0; list-style: none }
  li { padding: 0.5em 0; border-top: 1px solid #d9d5ca }
  li, p { overflow-wrap: anywhere }
`;

export function page(title, parts) {
  return [
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>A small shop</title>',
    '<meta name="viewport" content="width=device-width">',
    `<style>${STYLE}</style>`,
    `<h1>${escaped(title)}</h1>`,
    ...parts,
  ].join('\n');
}

/** @param scripts sources of scripts, and of what they fetch. */
export function html(reply, body, scripts) {
  const policy = [
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    `script-src ${scripts}; connect-src 'self' ${scripts}`,
  ];
  return reply
    .header('content-security-policy', policy.join('; '))
    .type('text/html; charset=utf-8')
    .send(body);
}

export function form(action, label) {
  return `<form method="post" action="${action}"><button>${label}</button></form>`;
}

export function escaped(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
