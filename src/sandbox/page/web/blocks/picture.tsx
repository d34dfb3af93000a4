import { useState } from 'react';
import type { Json } from '../json.ts';
import { object, string } from '../json.ts';
import { Link, reachableUrl } from '../text/inlineText.tsx';

/** Where the picture can be loaded from: this server alone, so that looking at a message tells nobody about it. */
function sourceOf(image: Json): { kind: 'here'; src: string } | { kind: 'elsewhere'; url: string } {
  const file = object(image.slack_file);
  if (file !== null && string(file.id) !== '') return { kind: 'here', src: `/files/${string(file.id)}` };
  const url = string(file?.url ?? image.image_url);
  const reachable = reachableUrl(url) ?? '';
  return reachable.startsWith('/files/') ? { kind: 'here', src: reachable } : { kind: 'elsewhere', url };
}

export function Picture({ image, isSmall = false }: { image: Json; isSmall?: boolean }) {
  const source = sourceOf(image);
  const alt = string(image.alt_text);
  if (source.kind === 'elsewhere') {
    return (
      <span className="picture-elsewhere">
        <Link url={source.url}>{alt === '' ? 'Picture' : alt}</Link>
      </span>
    );
  }
  return <Zoomable src={source.src} alt={alt} isSmall={isSmall} />;
}

/** A picture that grows to its full size when it is clicked. */
export function Zoomable({ src, alt, isSmall }: { src: string; alt: string; isSmall: boolean }) {
  const [isFailed, setFailed] = useState(false);
  if (isFailed)
    return <span className="picture-elsewhere">{alt === '' ? 'A picture that cannot be shown' : alt}</span>;
  if (isSmall) return <img className="picture-small" src={src} alt={alt} onError={() => setFailed(true)} />;
  return (
    <a className="picture" href={src} target="_blank" rel="noreferrer">
      <img src={src} alt={alt} onError={() => setFailed(true)} />
    </a>
  );
}
