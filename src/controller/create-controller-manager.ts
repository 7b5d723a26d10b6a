import { setMaxListeners } from 'node:events'
import type { Clock } from '../base/clock.js'
import { BugError } from '../base/errors.js'
import type { Log } from '../base/log.js'
import type { Random } from '../base/random.js'
import type { KubeClient } from '../kube/client/kube-client.js'
import type { KubeObject } from '../kube/object/kube-object.js'
import type { Caches, ControllerDefinition } from './contract.js'
import type { ControllerMetrics } from './controller-metrics.js'
import { ControllerRunner } from './controller-runner.js'
import { createEventRecorder } from './event-recorder.js'

export interface ControllerManagerOptions<Services> {
  /** The API that holds the controllers' objects. */
  readonly hub: KubeClient
  readonly caches: Caches
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Handed to every reconcile and source. */
  readonly services: Services
}

export interface ControllerManager<Services> {
  /** Before or after `start`. */
  add<T extends KubeObject>(definition: ControllerDefinition<T, Services>): void
  /** Resolves when every controller added so far has read its state and queued all of it. They run until the signal aborts. */
  start(signal: AbortSignal): Promise<void>
  /** Resolves when no controller has anything ready or under way (what waits for a time does not count). */
  settled(): Promise<void>
  /** Asks a controller to look at an object. */
  enqueue(controller: string, key: string): void
  metrics(): readonly ControllerMetrics[]
  /** Events that could not be recorded. */
  readonly droppedEvents: number
}

/** What a runner offers whatever its object's type is. */
type AnyRunner = Pick<ControllerRunner<KubeObject, unknown>, 'start' | 'idle' | 'metrics' | 'enqueue'>

/** Runs controllers against one hub. */
export function createControllerManager<Services>(options: ControllerManagerOptions<Services>): ControllerManager<Services> {
  const makers = new Map<string, (signal: AbortSignal) => AnyRunner>()
  const runners = new Map<string, AnyRunner>()
  let running: AbortSignal | undefined
  let events: ReturnType<typeof createEventRecorder> | undefined
  const wake: (() => void)[] = []

  function launch(name: string, signal: AbortSignal): Promise<void> {
    const runner = makers.get(name)!(signal)
    runners.set(name, runner)
    return runner.start()
  }

  return {
    add(definition) {
      if (makers.has(definition.name)) {
        throw new BugError({ code: 'controller-twice', message: `controller ${definition.name} was added twice` })
      }
      makers.set(definition.name, (signal) => {
        events ??= createEventRecorder({ ...options, signal })
        const onDone = () => {
          for (const resolve of wake.splice(0)) resolve()
        }
        return new ControllerRunner(definition, { ...options, events, signal, onDone })
      })
      if (running !== undefined && !running.aborted) {
        const signal = running
        launch(definition.name, signal).catch((error: unknown) => {
          if (!signal.aborted)
            options.log.error('controller did not start', { controller: definition.name, problem: String(error) })
        })
      }
    },
    async start(signal) {
      running = signal
      // Each controller and source listens to it.
      setMaxListeners(0, signal)
      signal.addEventListener('abort', () => {
        for (const resolve of wake.splice(0)) resolve()
      })
      await Promise.all([...makers.keys()].map((name) => launch(name, signal)))
    },
    async settled() {
      // Several quiet turns in a row: a write's watch event takes a few turns to come back.
      for (let quiet = 0; quiet < 4; ) {
        await new Promise((resolve) => setImmediate(resolve))
        if (running?.aborted) return
        if ([...runners.values()].every((runner) => runner.idle)) quiet++
        else {
          quiet = 0
          await new Promise<void>((resolve) => wake.push(resolve))
        }
      }
    },
    enqueue(controller, key) {
      runners.get(controller)?.enqueue(key)
    },
    metrics: () => [...runners.values()].map((runner) => runner.metrics()),
    get droppedEvents() {
      return events?.dropped ?? 0
    },
  }
}
