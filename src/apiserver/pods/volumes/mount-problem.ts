/** A volume cannot be set up (yet): the pod waits, and an Event says why. */
export class MountProblem extends Error {}
