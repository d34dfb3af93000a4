import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Painter } from '../../engine/ports.ts';

const fonts = join(dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')), 'ttf');

/**
 * Draws SVG as PNG at twice its size, for sharp screens. The fonts come with us: without one that it can find the
 * renderer leaves out all text and says nothing.
 */
export function createPainter(): Painter {
  return {
    async png(svg) {
      // Loaded with the first chart: the renderer takes 3 MB as soon as it is there.
      const { renderAsync } = await import('@resvg/resvg-js');
      const image = await renderAsync(svg, {
        fitTo: { mode: 'zoom', value: 2 },
        font: {
          loadSystemFonts: false,
          fontFiles: [join(fonts, 'DejaVuSans.ttf'), join(fonts, 'DejaVuSans-Bold.ttf')],
          defaultFontFamily: 'DejaVu Sans',
        },
      });
      return image.asPng();
    },
  };
}
