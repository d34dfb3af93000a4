/** A switch with what it does beneath its name. */
export function Switch({
  name,
  help,
  note = '',
  isOn,
  onTurn,
}: {
  name: string;
  help: string;
  /** Why it does not do what it says, while it does not. */
  note?: string;
  isOn: boolean;
  onTurn: (on: boolean) => void;
}) {
  return (
    <button type="button" role="switch" className="switch" aria-checked={isOn} onClick={() => onTurn(!isOn)}>
      <span className="switch-words">
        <span>{name}</span>
        <small>{help}</small>
        {note !== '' && <small className="switch-note">{note}</small>}
      </span>
      <span className="switch-track" aria-hidden="true">
        <span />
      </span>
    </button>
  );
}
