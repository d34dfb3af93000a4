import { useEffect, useState } from 'react';
import type { PersonFile } from '../../../emulator/personApi.ts';
import { Zoomable } from '../blocks/picture.tsx';

function spokenSize(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

const previewLines = 12;

/** The first lines of a text file. */
function Preview({ file }: { file: PersonFile }) {
  const [text, setText] = useState<string | null>(null);
  const [isWhole, setWhole] = useState(false);
  useEffect(() => {
    const stop = new AbortController();
    fetch(file.url, { signal: stop.signal })
      .then(async (response) => setText(response.ok ? await response.text() : null))
      .catch(() => setText(null)); // The file can still be opened by its link.
    return () => stop.abort();
  }, [file.url]);
  if (text === null) return null;
  const lines = text.trimEnd().split('\n');
  const isLong = lines.length > previewLines;
  return (
    <>
      <pre>{(isWhole ? lines : lines.slice(0, previewLines)).join('\n')}</pre>
      {isLong && (
        <button type="button" className="link-button file-more" onClick={() => setWhole(!isWhole)}>
          {isWhole ? 'Show less' : `Show all ${lines.length} lines`}
        </button>
      )}
    </>
  );
}

function FileCard({ file }: { file: PersonFile }) {
  const isPicture = file.mimetype.startsWith('image/');
  const isText = /^text\/(plain|markdown|csv)|^application\/json/.test(file.mimetype) && file.size < 500_000;
  return (
    <div className="file">
      <div className="file-head">
        <a href={file.url} target="_blank" rel="noreferrer">
          {file.title || file.name}
        </a>
        <small>{spokenSize(file.size)}</small>
        <a href={file.url} download={file.name} aria-label={`Download ${file.name}`}>
          Download
        </a>
      </div>
      {isPicture && <Zoomable src={file.url} alt={file.title || file.name} isSmall={false} />}
      {isText && <Preview file={file} />}
    </div>
  );
}

export function FileCards({ files }: { files: PersonFile[] }) {
  return files.map((file) => <FileCard key={file.id} file={file} />);
}
