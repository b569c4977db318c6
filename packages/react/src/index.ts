/** React hooks and components for calls over a Tureen SFU. */
export {
  Chat,
  DeviceSelect,
  type DeviceSelectProps,
  MediaControls,
  Participants,
  type ParticipantsProps,
} from './components.tsx';
export {
  type SourceSwitch,
  useActiveSpeaker,
  useAttributes,
  useChat,
  useDevices,
  usePeers,
  usePermissions,
  usePlayback,
  usePublications,
  useSource,
  useSpeaking,
  useTracks,
} from './hooks.ts';
export {
  PublicationView,
  type PublicationViewProps,
  RoomSound,
  TrackSound,
  type TrackSoundProps,
  TrackView,
  type TrackViewProps,
  useView,
} from './media.tsx';
export { type Call, TureenRoom, type TureenRoomProps, useCall } from './room.tsx';
export type { ChatMessage } from './store.ts';
