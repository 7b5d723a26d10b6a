export { mcsGroup, serviceExportType, serviceImportType } from '../../services/model/multi-cluster-kinds.js'
