import { decodeHTML } from 'entities';
