/** Finds QR codes in pictures of a camera: with the browser's own detector, else with a decoder that is loaded for it. */

/** Larger pictures take longer and show no more of a code that fills them. */
const WIDTH_MAX = 800;

interface Detector {
  detect(source: CanvasImageSource): Promise<readonly { readonly rawValue: string }[]>;
}

interface DetectorKind {
  new (options: { readonly formats: readonly string[] }): Detector;
  getSupportedFormats(): Promise<readonly string[]>;
}

/** @returns the text in the picture that the video shows; `undefined` where it shows none. */
export type FindCode = (video: HTMLVideoElement) => Promise<string | undefined>;

export async function codeFinder(): Promise<FindCode> {
  const own = await ownDetector();
  if (own !== undefined) return async (video) => (await own.detect(video))[0]?.rawValue;
  const { decodeQR } = await import('qr/decode.js');
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d', { willReadFrequently: true });
  return (video) => {
    const scale = Math.min(1, WIDTH_MAX / video.videoWidth);
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    if (context === null || canvas.width === 0) return Promise.resolve(undefined);
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    try {
      return Promise.resolve(decodeQR(context.getImageData(0, 0, canvas.width, canvas.height)));
    } catch {
      // The usual case: no code in the picture yet.
      return Promise.resolve(undefined);
    }
  };
}

async function ownDetector(): Promise<Detector | undefined> {
  const kind = (globalThis as { readonly BarcodeDetector?: DetectorKind }).BarcodeDetector;
  if (kind === undefined) return undefined;
  // Some desktops have the class and no service behind it.
  const formats = await kind.getSupportedFormats().catch((): readonly string[] => []);
  return formats.includes('qr_code') ? new kind({ formats: ['qr_code'] }) : undefined;
}
