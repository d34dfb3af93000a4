import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { PersonChannel, PersonState } from '../../emulator/personApi.ts';
import { actAs } from './api.ts';
import { AppPane } from './chat/appPane.tsx';
import { ChannelPane } from './chat/channelPane.tsx';
import { AlertAwaited, FirstVisit } from './chat/firstVisit.tsx';
import { isForIncident, Sidebar } from './chat/sidebar.tsx';
import { ThreadPane } from './chat/threadPane.tsx';
import { Modal } from './dialogs/modal.tsx';
import { keepEqualParts } from './json.ts';
import { healthOf, PatientPanel } from './patient/patientPanel.tsx';
import { usePatient } from './patient/usePatient.ts';
import { homePlace, usePlace } from './place.ts';
import { useFirstVisit } from './rememberedVisit.ts';
import type { Directory, Session } from './session.ts';
import { directoryOf, SessionContext } from './session.ts';
import { useMedia } from './useMedia.ts';
import { useWorkspace } from './workspace.ts';

const noticeFor = 6_000;

function useNotice(): [string, (sentence: string) => void] {
  const [notice, setNotice] = useState('');
  useEffect(() => {
    if (notice === '') return undefined;
    const timer = setTimeout(() => setNotice(''), noticeFor);
    return () => clearTimeout(timer);
  }, [notice]);
  return [notice, setNotice];
}

function channelOf({ channels }: PersonState, id: string): PersonChannel | undefined {
  return (
    channels.find((channel) => channel.id === id) ?? channels.find(({ isMember }) => isMember) ?? channels[0]
  );
}

type Drawer = 'none' | 'channels' | 'patient';

export function App() {
  const [place, go] = usePlace();
  const { state, connection, isUnknownPerson, faultChanges } = useWorkspace(place.as);
  const [notice, notify] = useNotice();
  const { patient, turn, reset } = usePatient(notify);
  const [isFirstVisit, endFirstVisit] = useFirstVisit();
  const [hasBroken, setBroken] = useState(false);
  const [drawer, setDrawer] = useState<Drawer>('none');
  const [isPatientWanted, setPatientWanted] = useState<boolean | null>(null);
  const isPhone = useMedia('(max-width: 760px)');
  const isRoomy = useMedia('(min-width: 1440px)');
  const goNow = useRef(go);
  goNow.current = go;

  const userId = state?.me.id;
  const act = useMemo(() => actAs(userId ?? ''), [userId]);
  const openChannel = useCallback((channelId: string) => {
    setDrawer('none');
    goNow.current({ channelId, threadTs: '' });
  }, []);
  const openThread = useCallback((channelId: string, threadTs: string) => {
    setDrawer('none');
    goNow.current({ channelId, threadTs });
  }, []);
  const known = useRef<Directory | null>(null);
  known.current = state === null ? null : keepEqualParts(known.current, directoryOf(state));
  const directory = known.current;
  const session = useMemo<Session | null>(
    () => (directory === null ? null : { state: directory, act, notify, openChannel, openThread }),
    [directory, act, notify, openChannel, openThread],
  );

  if (isUnknownPerson) {
    return (
      <div className="page-message">
        <p>There is no such person in this workspace.</p>
        <button
          type="button"
          className="button button-primary"
          onClick={() => go({ as: '', channelId: '', threadTs: '' })}
        >
          Be Somebody Else
        </button>
      </div>
    );
  }
  if (session === null || state === null) {
    return (
      <div className="page-message" role="status">
        {connection === 'lost'
          ? 'The sandbox does not answer. Is it still running?'
          : 'Opening the workspace…'}
      </div>
    );
  }

  const isHome = place.channelId === homePlace;
  const channel = isHome ? undefined : channelOf(state, place.channelId);
  const hasThread =
    channel !== undefined &&
    place.threadTs !== '' &&
    channel.messages.some(({ ts }) => ts === place.threadTs);
  const health = healthOf(patient);
  const isPatientShown = isPhone ? drawer === 'patient' : (isPatientWanted ?? (isRoomy || !hasThread));
  const showPatient = (isShown: boolean) => {
    if (isPhone) setDrawer(isShown ? 'patient' : 'none');
    else setPatientWanted(isShown);
  };
  const hasFault = patient.kind === 'known' && patient.state.faults.length > 0;
  const isAlertAwaited = hasBroken && hasFault && !state.channels.some(isForIncident);
  const breakIt = () => {
    endFirstVisit();
    setBroken(true);
    void turn('llm-errors', true);
  };

  return (
    <SessionContext value={session}>
      <div
        className={`page ${hasThread ? 'has-thread' : ''} ${isPatientShown ? 'has-patient' : ''} drawer-${drawer}`}
      >
        <div className="phone-bar">
          <button
            type="button"
            className="icon-button"
            aria-label="Channels"
            aria-expanded={drawer === 'channels'}
            onClick={() => setDrawer(drawer === 'channels' ? 'none' : 'channels')}
          >
            <svg viewBox="0 0 20 20" aria-hidden="true">
              <path d="M3 5h14M3 10h14M3 15h14" />
            </svg>
          </button>
          <strong>{state.team.name}</strong>
          <button
            type="button"
            className={`patient-chip health-${health.tone}`}
            aria-label={`Patient: ${health.words}`}
            aria-expanded={drawer === 'patient'}
            onClick={() => setDrawer(drawer === 'patient' ? 'none' : 'patient')}
          >
            <span className="health-dot" aria-hidden="true" />
            Patient
          </button>
        </div>
        <Sidebar
          state={state}
          current={isHome ? homePlace : (channel?.id ?? '')}
          onSwitch={(as) => {
            setDrawer('none');
            go({ as, threadTs: '' });
          }}
        />
        {channel === undefined ? (
          <AppPane key={state.me.id} state={state} />
        ) : (
          <ChannelPane key={`${state.me.id}/${channel.id}`} channel={channel}>
            {isAlertAwaited ? (
              <AlertAwaited />
            ) : isFirstVisit && !hasFault ? (
              <FirstVisit onBreak={breakIt} />
            ) : undefined}
          </ChannelPane>
        )}
        {hasThread && channel !== undefined && (
          <ThreadPane
            key={`${state.me.id}/${channel.id}/${place.threadTs}`}
            channel={channel}
            threadTs={place.threadTs}
            onClose={() => go({ threadTs: '' })}
          />
        )}
        {isPatientShown ? (
          <PatientPanel
            patient={patient}
            onTurn={(fault, on) => {
              endFirstVisit();
              void turn(fault, on);
            }}
            onReset={reset}
            faultChanges={faultChanges}
            onClose={() => showPatient(false)}
          />
        ) : (
          <button
            type="button"
            className={`patient-strip health-${health.tone}`}
            aria-label={`Show patient: ${health.words}`}
            onClick={() => showPatient(true)}
          >
            <span className="health-dot" aria-hidden="true" />
            <span className="strip-words">Patient · {health.words}</span>
          </button>
        )}
        {isPhone && drawer !== 'none' && (
          <button
            type="button"
            className="drawer-shade"
            aria-label="Close"
            onClick={() => setDrawer('none')}
          />
        )}
      </div>
      {connection === 'lost' && (
        <div className="banner" role="alert">
          The sandbox does not answer. Trying again…
        </div>
      )}
      <div className="notices" role="alert">
        {notice !== '' && (
          <div className="notice">
            {notice}
            <button type="button" className="icon-button" aria-label="Dismiss" onClick={() => notify('')}>
              ×
            </button>
          </div>
        )}
      </div>
      {state.modal !== null && <Modal key={state.modal.id} view={state.modal} />}
    </SessionContext>
  );
}
