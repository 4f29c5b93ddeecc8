/** What a connector is to do, as opposed to what it does. */
export type TargetState = 'STARTED' | 'PAUSED' | 'STOPPED'
