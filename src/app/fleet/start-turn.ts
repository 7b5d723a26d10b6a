import { connect, createServer, type Server } from 'node:net'

/** Below the first port that fleets take. */
const turnPort = 7442
const greeting = 'flotilla: a fleet is starting\n'
const againMs = 20
const answerMs = 500
/** A fleet that has just gone says nothing once or twice; who does so more often is none. */
const mostSilent = 25

/**
 * Waits until no other fleet of this machine is choosing its ports and opening its listeners: a port that one has found free must not be
 * found free by another before the first has it. A listener stands for the turn, so it ends with its process, however that ends.
 * A stranger at that port, or a start that takes too long, is not waited for: then everybody goes on as if there were no turns.
 */
export async function takeStartTurn(options: { host: string; port?: number; longestMs?: number }): Promise<() => void> {
  const place = { host: options.host, port: options.port ?? turnPort }
  const until = performance.now() + (options.longestMs ?? 30_000)
  for (let silent = 0; ; ) {
    const server = await listen(place)
    if (server !== undefined) return () => void server.close()
    const answer = await answerAt(place)
    silent = answer === '' ? silent + 1 : 0
    if (performance.now() > until || answer === undefined || silent > mostSilent) return () => {}
    await new Promise((done) => setTimeout(done, againMs))
  }
}

/** Undefined when somebody has it. */
function listen(place: { host: string; port: number }): Promise<Server | undefined> {
  return new Promise((done) => {
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.end(greeting)
      setTimeout(() => socket.destroy(), answerMs).unref()
    })
    server.once('error', () => done(undefined))
    server.listen({ ...place, exclusive: true }, () => done(server.unref()))
  })
}

/** What a fleet that starts says, or a part of it when it has just gone; undefined from a stranger. */
function answerAt(place: { host: string; port: number }): Promise<string | undefined> {
  return new Promise((done) => {
    let text = ''
    const socket = connect(place)
    const end = () => {
      done(greeting.startsWith(text) ? text : undefined)
      socket.destroy()
    }
    socket.setTimeout(answerMs, () => {
      text += '?'
      end()
    })
    socket.on('data', (data) => {
      text += data.toString('latin1')
      if (text.length >= greeting.length || !greeting.startsWith(text)) end()
    })
    socket.on('error', end)
    socket.on('close', end)
  })
}
