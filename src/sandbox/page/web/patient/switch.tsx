/** A switch with what it does beneath its name. */
export function Switch({
  name,
  help,
  isOn,
  onTurn,
}: {
  name: string;
  help: string;
  isOn: boolean;
  onTurn: (on: boolean) => void;
}) {
  return (
    <button type="button" role="switch" className="switch" aria-checked={isOn} onClick={() => onTurn(!isOn)}>
      <span className="switch-words">
        <span>{name}</span>
        <small>{help}</small>
      </span>
      <span className="switch-track" aria-hidden="true">
        <span />
      </span>
    </button>
  );
}
