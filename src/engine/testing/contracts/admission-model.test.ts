import t from 'tap';
import { admissionContract } from './admission-contract.js';
import { AdmissionModel } from './admission-model.js';

// A model that broke the contract would prove nothing about the back ends compared with it.
admissionContract(t, 'model', () =>
  Promise.resolve({ admission: new AdmissionModel(() => Date.now()), close: () => Promise.resolve() }),
);
