/**
 * What stays in a recording as it is: names and words of Meta's public documents, and public ids. Everything else is replaced.
 *
 * A list of what stays cannot leak a field that nobody has thought of.
 */

const words = (text: string): readonly string[] => text.split(/\s+/).filter((word) => word !== '');

/** Names of fields and query parameters. */
export const KNOWN_FIELDS: ReadonlySet<string> = new Set(
  words(`
  object entry id time messaging standby messaging_handovers hop_context changes field value sender recipient timestamp
  user_ref user_id page_id app_id message mid mids text attachments type payload url sticker_id title coordinates lat long
  quick_reply quick_replies reply_to is_self_reply is_echo is_deleted is_unsupported is_transient is_reusable metadata
  admin_text ai_generated nlp entities traits detected_locales locale confidence postback referral ref source ad_id
  ads_context_data ad_title photo_url video_url post_id product_id flow_id referer_uri is_guest_user optin
  notification_messages_token notification_messages_timezone notification_messages_frequency token_expiry_timestamp
  user_token_status reaction action emoji delivery watermark seq read message_edit num_edit policy_enforcement reason
  account_linking status authorization_code app_roles pass_thread_control take_thread_control request_thread_control
  release_thread_control extend_thread_control previous_owner_app_id new_owner_app_id requested_owner_app_id target_app_id
  thread_control_metadata thread_control control_type duration messaging_type tag sender_action notification_type persona_id
  attachment attachment_id template_type elements image_url image_aspect_ratio subtitle default_action buttons
  webview_height_ratio messenger_extensions fallback_url content_type media_type sharable top_element_style
  recipient_name order_number merchant_name currency payment_method order_url address street_1 street_2 city postal_code
  state country summary subtotal shipping_cost total_tax total_cost adjustments name amount price quantity
  reel_video_id filedata recipient_id message_id success data thread_owner expiration error error_subcode
  error_user_title error_user_msg error_data is_transient fbtrace_id code messaging_feature_status hop_v2 msgr_multi_app
  ig_multi_app is_owner fields platform folder limit paging cursors before after next previous
  call_count total_time total_cputime estimated_time_to_regain_access access_token appsecret_proof appsecret_time input_token
  client_secret application is_valid issued_at expires_at data_access_expires_at profile_id scopes scope granular_scopes
  target_ids subscribed_fields callback_url active version link category handoverId transcript outcome
  `),
);

/** Words that a value may be: types, states and names of Meta's own. */
const KNOWN_WORDS = words(`
  page instagram messages RESPONSE UPDATE MESSAGE_TAG UTILITY HUMAN_AGENT typing_on typing_off mark_seen
  REGULAR SILENT_PUSH NO_PUSH image audio video file template fallback location sticker reel ig_reel share
  generic button media receipt customer_feedback product web_url postback phone_number account_link account_unlink
  element_share game_play user_phone_number user_email compact tall full square horizontal react unreact linked unlinked
  primary_receiver secondary_receiver automation pass release take request like love smile angry sad wow dislike other
  SHORTLINK ADS MESSENGER_CODE DISCOVER_TAB CUSTOMER_CHAT_PLUGIN OPEN_THREAD optin notification_messages one_time_notif_req
  NOT_REFRESHED REFRESHED warning block unblock OAuthException GraphMethodException FacebookApiException PAGE USER APP
  messenger pages axon_take_thread_control messenger_lead_gen_complete messenger_lead_gen_incomplete
  id is_owner messaging_feature_status pages_messaging pages_manage_metadata pages_show_list
  messaging_postbacks messaging_handovers standby message_echoes message_deliveries message_reads messaging_referrals
  message_reactions messaging_optins agent human operator bot completed
`);

/** Whole texts: commands that customers give, and Meta's errors that a caller tells apart by their text. */
const KNOWN_TEXTS: readonly string[] = [
  'talk to agent',
  'talk to bot',
  '(#1200) Temporary send message failure. Please try again later.',
  "(#10) They can't receive your messages right now.",
  '(#10) Message failed to send because another app is controlling this thread now.',
  '(#10) The app is not the thread owner',
  '(#10) This message is sent outside of allowed window.',
  '(#10) Application does not have permission for this action',
  '(#100) calling app is not the thread owner',
  '(#100) Only the current thread owner can release',
  '(#100) Incorrect App ID.',
  '(#100) No matching user found',
  '(#27) Take thread control is not supported when Conversation Routing is not enabled.',
  "(#551) This person isn't available right now.",
  '(#613) Calls to this api have exceeded the rate limit.',
  '(#4) Application request limit reached',
  'API calls from the server require an appsecret_proof argument',
  'An unknown error has occurred.',
  'The chat is currently controlled by Messenger while the user is in an automated question and answer flow. ' +
    'Please wait for the flow to finish before trying again.',
];

/** Ids of Meta's own apps, and of the Like sticker. */
const PUBLIC_IDS: readonly string[] = [
  ...['263902037430900', '26390203743090', '1217981644879628', '413038776280800'],
  ...['622851382610562', '928891643393937', '369239263222822'],
];

/** Values that stay wherever they are the whole value. */
export const KNOWN_VALUES: ReadonlySet<string> = new Set([...KNOWN_WORDS, ...KNOWN_TEXTS, ...PUBLIC_IDS]);

/** Fields whose numbers stay: times, codes, shares of a limit. */
export const MEASURES: ReadonlySet<string> = new Set(
  words(`
  time timestamp watermark expiration duration code error_subcode seq num_edit token_expiry_timestamp
  call_count total_time total_cputime estimated_time_to_regain_access issued_at expires_at data_access_expires_at
  `),
);
/** A time of Meta's in milliseconds has 13 digits. */
export const MEASURE = /^-?\d{1,13}$/;

/** Fields that are times: seconds or milliseconds since 1970. */
export const TIMES: ReadonlySet<string> = new Set(['time', 'timestamp', 'watermark', 'expiration']);

/** Fields that hold an id, however short. */
export const ID_FIELDS: ReadonlySet<string> = new Set(
  words(`
  id mid mids message_id user_id page_id app_id recipient_id attachment_id persona_id fbtrace_id post_id product_id flow_id
  ad_id sticker_id user_ref previous_owner_app_id new_owner_app_id requested_owner_app_id target_app_id profile_id target_ids
  reel_video_id handoverId notification_messages_token
  `),
);

/** Fields whose value is hidden whole: each character becomes an x. */
export const SECRET_FIELDS: ReadonlySet<string> = new Set(
  words('access_token appsecret_proof input_token client_secret authorization_code'),
);

/** What stands between `/v26.0/me/` and the query. */
export const KNOWN_EDGES: ReadonlySet<string> = new Set(
  words(`
  me messages message_attachments thread_owner pass_thread_control take_thread_control request_thread_control
  release_thread_control extend_thread_control secondary_receivers conversations subscribed_apps messenger_profile
  subscriptions debug_token personas
  `),
);

/** Headers of an answer that change what a caller does. */
export const KNOWN_HEADERS: readonly string[] = [
  'content-type',
  'facebook-api-version',
  'retry-after',
  'x-app-usage',
  'x-business-use-case-usage',
];
