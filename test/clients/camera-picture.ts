/** Makes what a fake camera of Chromium shows: a QR code on white, as an uncompressed video. */
import encodeQR from 'qr';

const WIDTH = 640;
const HEIGHT = 480;
const WHITE = 235;
const BLACK = 16;
const NO_COLOUR = 128;

/** @returns YUV4MPEG2 with one frame, which Chromium repeats. */
export function pictureOf(text: string): Buffer {
  const rows = encodeQR(text, 'raw', { ecc: 'medium', border: 4 });
  const scale = Math.floor(HEIGHT / rows.length);
  const left = Math.floor((WIDTH - rows.length * scale) / 2);
  const light = Buffer.alloc(WIDTH * HEIGHT, WHITE);
  rows.forEach((row, y) =>
    row.forEach((dark, x) => {
      if (!dark) return;
      for (let line = y * scale; line < (y + 1) * scale; line++) {
        light.fill(BLACK, line * WIDTH + left + x * scale, line * WIDTH + left + (x + 1) * scale);
      }
    }),
  );
  const colour = Buffer.alloc((WIDTH * HEIGHT) / 2, NO_COLOUR);
  return Buffer.concat([
    Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420\nFRAME\n`),
    light,
    colour,
  ]);
}
