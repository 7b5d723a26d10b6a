import { getHeapStatistics } from 'node:v8'
import { parentPort, workerData } from 'node:worker_threads'
import { Stalled } from '../../../base/errors.js'
import { WorkStopped, WorkTime } from '../../../base/work-time.js'
import type { Renderer, RenderRequest } from '../../../delivery/render/contract.js'
import type { Tree } from '../../../delivery/render/tree.js'
import { systemRandom } from '../../system/system-ports.js'
import { createHubRenderers } from './hub-renderers.js'
import type {
  CallArguments,
  CallName,
  CallResult,
  FromThread,
  SentRender,
  SentTree,
  ThreadSettings,
  ToThread,
} from './messages.js'
import { packError, unpackError } from './sent-error.js'

// The program of a thread that renders what takes long: one render after the other, with files and answers from the hub's thread.

const settings = workerData as ThreadSettings
const port = parentPort!
/** Heaps are looked at this often: it takes some microseconds. */
const lookMs = 20
/** Calls that are open at the same time. */
const maxCalls = 64
/** Characters of JSON in one message, which the hub's thread reads in one go. */
const messageCharacters = 512 * 1024
/** What all of an Application's objects may come to. */
const maxCharacters = 32 * 1024 * 1024

const waiting = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>()
/** What is not sent yet: the hub's thread reads all messages that are there in one go. */
let queue: (() => void)[] = []
let calls = 0

/** Counts renders: what a render that has failed still asks for is nobody's business any more. */
let renders = 0

function ask<Name extends CallName>(name: Name, ...given: CallArguments<Name>): Promise<CallResult<Name>> {
  return new Promise((resolve, reject) => {
    queue.push(() => {
      const call = ++calls
      waiting.set(call, { resolve: resolve as (value: unknown) => void, reject })
      send({ type: 'call', call, name, given })
    })
    sendCalls()
  })
}

function sendCalls(): void {
  while (waiting.size < maxCalls && queue.length > 0) queue.shift()!()
}

function send(message: FromThread): void {
  port.postMessage(message)
}

let trees = new Map<number, Tree>()

/** A tree of the hub's thread; the same one is the same object. */
function treeOf({ number, id, hasRealPath }: SentTree): Tree {
  let tree = trees.get(number)
  if (tree === undefined) {
    const of = renders
    const askOf = <Name extends 'read' | 'hash' | 'list' | 'realPath'>(name: Name, path: string) =>
      of === renders
        ? ask(name, ...([number, path] as CallArguments<Name>))
        : Promise.reject(new Error('the render that asks is over'))
    tree = {
      id,
      read: (path) => askOf('read', path),
      hash: (path) => askOf('hash', path),
      list: (path) => askOf('list', path),
      ...(hasRealPath ? { realPath: (path: string) => askOf('realPath', path) } : {}),
    }
    trees.set(number, tree)
  }
  return tree
}

let now = () => 0
const renderers = createHubRenderers({
  clock: { now: () => now(), after: () => () => {} },
  random: systemRandom,
  ...(settings.remote
    ? { remote: { repository: async (request) => treeOf(await ask('repository', request)), file: (url) => ask('file', url) } }
    : {}),
  ...(settings.charts === 'off'
    ? {}
    : { charts: settings.charts === 'fetched' ? { pull: async (request) => pulled(await ask('pull', request)) } : {} }),
})

function pulled({ tree, path }: { tree: SentTree; path: string }): { tree: Tree; path: string } {
  return { tree: treeOf(tree), path }
}

async function render({ renderer: name, tree, hasLookup, maxMilliseconds, now: from, ...request }: SentRender): Promise<void> {
  const startedAt = performance.now()
  now = () => from + Math.floor(performance.now() - startedAt)
  renders++
  trees = new Map()
  queue = []
  waiting.clear()
  const time = new WorkTime({ elapsed: () => performance.now(), maxMilliseconds, problem: createHeapWatch() })
  const milliseconds = () => Math.round(time.spent)
  try {
    const renderer: Renderer = renderers.find((each) => each.name === name)!
    const wanted: RenderRequest = {
      ...request,
      tree: treeOf(tree),
      time,
      target: {
        ...request.target,
        ...(hasLookup ? { lookup: (...given: CallArguments<'lookup'>) => ask('lookup', ...given) } : {}),
      },
    }
    const { objects, warnings, isVolatile } = await renderer.render(wanted)
    // Somebody may have taken the end of the time for an error of the source.
    if (time.stopped !== undefined) throw new WorkStopped(time.stopped)
    await sendObjects(objects, request.path)
    send({ type: 'done', milliseconds: milliseconds(), warnings, isVolatile })
  } catch (error) {
    send({ type: 'failed', milliseconds: milliseconds(), error: packError(placed(error, request.path)) })
  }
}

function placed(error: unknown, path: string): unknown {
  return error instanceof WorkStopped && !error.message.includes(': ')
    ? new WorkStopped(`${path || '.'}: ${error.message}`)
    : error
}

/** Says when too much of the heap is in use, which the limit of the thread would answer with its end. */
function createHeapWatch(): () => string | undefined {
  let lookedAt = performance.now()
  return () => {
    const at = performance.now()
    if (at - lookedAt < lookMs) return undefined
    lookedAt = at
    if (getHeapStatistics().used_heap_size < settings.stopAtBytes) return undefined
    return `takes more than ${Math.round(settings.stopAtBytes / 1024 / 1024)} MiB of memory`
  }
}

async function sendObjects(objects: readonly object[], path: string): Promise<void> {
  let texts: string[] = []
  let size = 0
  let total = 0
  const flush = async () => {
    const text = `[${texts.join(',')}]`
    texts = []
    size = 0
    await ask('take', text)
  }
  for (const object of objects) {
    const text = JSON.stringify(object)
    total += text.length
    if (total > maxCharacters) throw tooLarge(path)
    texts.push(text)
    size += text.length
    if (size > messageCharacters) await flush()
  }
  await flush()
}

function tooLarge(path: string): Stalled {
  return new Stalled({
    code: 'render-too-large',
    message: `${path || '.'}: all objects together have more than ${maxCharacters} characters`,
    fix: 'Split it into several Applications.',
  })
}

port.on('message', (message: ToThread) => {
  if (message.type === 'render') {
    void render(message.render)
    return
  }
  const asked = waiting.get(message.call)
  waiting.delete(message.call)
  sendCalls()
  if (message.error === undefined) asked?.resolve(message.value)
  else asked?.reject(unpackError(message.error))
})
send({ type: 'ready' })
