/** After the first break, until the first incident channel is there. */
export function AlertAwaited() {
  return (
    <p className="alert-awaited" role="status">
      An alert follows within about 20 seconds.
    </p>
  );
}

/** What a newcomer sees above the first conversation: three sentences and one button. */
export function FirstVisit({ onBreak }: { onBreak: () => void }) {
  return (
    <section className="first-visit" aria-labelledby="first-visit-title" data-testid="first-visit">
      <span className="app-mark avatar avatar-large" aria-hidden="true" />
      <h2 id="first-visit-title">A workspace to practise in</h2>
      <p>
        This is a chat workspace on your own machine, with Genesis in it and a small service that Genesis
        looks after. Break the service, and within moments Genesis opens an incident channel and walks you
        through the playbook. Everything you click here is real for that service and touches nothing else.
      </p>
      <button type="button" className="button button-primary button-large" onClick={onBreak}>
        Break It
      </button>
    </section>
  );
}
