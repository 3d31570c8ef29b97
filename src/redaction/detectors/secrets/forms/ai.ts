/** Keys of model providers and of the services that agents call, by entity. */
import type { TokenForms } from './form.ts';
import {
  ALNUM,
  ANY_HEX,
  HEX,
  LOWER_ALNUM,
  MAX_BODY_CHARS as MAX,
  UUID,
  WITH_DIGIT,
  WITH_LOWER,
  WITH_UPPER,
  WORD,
} from './form.ts';

export const AI_FORMS = {
  ANTHROPIC_API_KEY: { 'sk-ant-': `${WORD}{16,${MAX}}` },
  OPENAI_API_KEY: {
    'sk-proj-': `${WORD}{20,${MAX}}`,
    'sk-svcacct-': `${WORD}{20,${MAX}}`,
    'sk-admin-': `${WORD}{20,${MAX}}`,
    'sk-None-': `${WORD}{20,${MAX}}`,
    // Moonshot, DeepSeek, MiniMax, Stability, DashScope and most gateways took the prefix over.
    'sk-': `(?!ant-|or-|lf-|helicone-|let-)(?:[a-z]{2,12}-(?:v\\d-)?${WORD}{20,${MAX}}|${WITH_DIGIT}${WITH_UPPER}${WORD}{40,${MAX}}|${ALNUM}{12,${MAX}})`,
    'sess-': `${ALNUM}{40}`,
  },
  OPENROUTER_API_KEY: { 'sk-or-': `(?:v\\d-)?${HEX}{48,64}` },
  LANGFUSE_API_KEY: { 'sk-lf-': UUID, 'pk-lf-': UUID },
  LANGSMITH_API_KEY: {
    lsv2_pt_: `${ANY_HEX}{32}_${ANY_HEX}{10}`,
    lsv2_sk_: `${ANY_HEX}{32}_${ANY_HEX}{10}`,
    ls__: `${HEX}{32}`,
  },
  HELICONE_API_KEY: { 'sk-helicone-': `${WORD}{20,64}`, 'pk-helicone-': `${WORD}{20,64}` },
  GROQ_API_KEY: { gsk_: `${ALNUM}{52}` },
  XAI_API_KEY: { 'xai-': `${WORD}{64,120}`, 'xai-token-': `${WORD}{64,110}` },
  HUGGINGFACE_TOKEN: {
    hf_: `(?:[A-Za-z]{34}|${WITH_LOWER}${WITH_UPPER}${ALNUM}{30,40})`,
    api_org_: '[A-Za-z]{34}',
  },
  REPLICATE_API_TOKEN: { r8_: `${ALNUM}{37}` },
  PERPLEXITY_API_KEY: { 'pplx-': `${ALNUM}{40,64}` },
  NVIDIA_API_KEY: { 'nvapi-': `${WORD}{60,70}` },
  TAVILY_API_KEY: { 'tvly-': `(?:dev-|prod-)?[A-Za-z0-9-]{24,64}` },
  TOGETHER_API_KEY: { tgp_v1_: `${WORD}{43}` },
  ELEVENLABS_API_KEY: { sk_: `${HEX}{48}` },
  // Our own, as src/state/key-text.ts makes them.
  POSTERN_API_KEY: { ptn_: `${ALNUM}{12}_${ALNUM}{43}` },
  PINECONE_API_KEY: { pcsk_: `${ALNUM}{4,7}_${ALNUM}{40,72}` },
  CEREBRAS_API_KEY: { 'csk-': `${LOWER_ALNUM}{40,56}` },
} as const satisfies Readonly<Record<string, TokenForms>>;

/** Under the name of all keys. */
export const OTHER_AI_FORMS = {
  // Fireworks, Voyage, Jina, Nomic, LlamaCloud, Friendli, Mixedbread, Vectara, Chroma, turbopuffer
  fw_: `${ALNUM}{22,24}`,
  'pa-': `${WORD}{43}`,
  jina_: `${WORD}{50,70}`,
  'nk-': `${WORD}{43}`,
  'llx-': `${ALNUM}{48}`,
  flp_: `${ALNUM}{32,56}`,
  mxb_: `${ALNUM}{32,48}`,
  zwt_: `${WORD}{36,48}`,
  zqt_: `${WORD}{36,48}`,
  'ck-': `${ALNUM}{40,48}`,
  tpuf_: `${ALNUM}{30,48}`,
  // Firecrawl, E2B, Browserbase, Mem0, RunPod, Modal, Kaggle, Anyscale, Baidu Qianfan, Cartesia, Letta, W&B, Apify
  'fc-': `${HEX}{32}`,
  e2b_: `${HEX}{40}`,
  bb_live_: `${WORD}{27,40}`,
  'm0-': `${ALNUM}{40}`,
  rpa_: `(?:${ALNUM}{30}|[A-Z0-9]{40}${ALNUM}{0,6})`,
  'ak-': `${WITH_DIGIT}${WITH_UPPER}${ALNUM}{22}`,
  'as-': `${WITH_DIGIT}${WITH_UPPER}${ALNUM}{22}`,
  KGAT_: `${HEX}{32}`,
  esecret_: `${ALNUM}{24,40}`,
  'bce-v3/ALTAK-': `${ALNUM}{21}/${HEX}{40}`,
  sk_car_: `${ALNUM}{20,48}`,
  'sk-let-': `[A-Za-z0-9=]{30,120}`,
  wandb_v1_: `${WORD}{40,90}`,
  apify_api_: `${ALNUM}{34,40}`,
  // Cursor and Runway; Devin; Brave Search; Inngest; Trigger.dev
  key_: `${HEX}{28,128}`,
  crsr_: `${HEX}{64}`,
  apk_user_: `[A-Za-z0-9+/=]{120,${MAX}}`,
  apk_: `[A-Za-z0-9+/]{80,100}={0,2}`,
  cog_: '[a-z2-7]{52}',
  BSA: `${WITH_DIGIT}${WITH_UPPER}${WITH_LOWER}${WORD}{24,40}`,
  'signkey-prod-': `${HEX}{64}`,
  'signkey-test-': `${HEX}{64}`,
  tr_dev_: `${ALNUM}{18,30}`,
  tr_prod_: `${ALNUM}{18,30}`,
  tr_pat_: `${ALNUM}{30,48}`,
} as const satisfies TokenForms;
