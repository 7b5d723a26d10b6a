import type { Link } from '../../areas/agent/tunnel/link.js'

/** A link that breaks with the first message that is to pass while the way is cut: chaos for agents within the fleet's process. */
export function createCutLink(link: Link, isCut: () => boolean): Link {
  const passes = () => {
    if (!isCut()) return true
    link.close('the network is cut')
    return false
  }
  return {
    send(message) {
      if (passes()) link.send(message)
    },
    get waitingBytes() {
      return link.waitingBytes
    },
    close: (reason) => link.close(reason),
    listen(events) {
      link.listen({
        ...events,
        message(message) {
          if (passes()) events.message(message)
        },
      })
    },
  }
}
