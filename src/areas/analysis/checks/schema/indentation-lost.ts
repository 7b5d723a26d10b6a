import { defineCheck } from '../../contract.js'
import { lostIndentation } from '../../schema/lost-indentation.js'

export const indentationLost = defineCheck({
  id: 'indentation-lost',
  topic: 'schema',
  severity: 'error',
  title: 'An object has lost its indentation',
  why: 'Copied from a web page or a chat, YAML often comes without its leading spaces. It still parses: `metadata:` is then empty and the name stands beside it, so the API server says that the object has no name, or an unknown field.',
  evidence: ['YAML 1.2, block mappings', 'kubernetes: metadata.name is required'],
  fix: 'Indent what belongs below the key by two spaces, or copy the text again from its source.',
  *run(model) {
    for (const document of model.documents) {
      if (document.rendered || document.written === undefined) continue
      for (const { key, stray } of lostIndentation(document.value)) {
        yield {
          message: `${key} is empty, and ${stray.join(', ')} ${stray.length === 1 ? 'stands' : 'stand'} beside it`,
          at: [document.atKey(key), document.atKey(stray[0]!)],
        }
      }
    }
  },
})
