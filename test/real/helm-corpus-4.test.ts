import { testPublicCharts } from '../support/peers/chart-corpus.js'

await testPublicCharts(4)
