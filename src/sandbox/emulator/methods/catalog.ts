import type { Tier } from '../rateLimits.ts';

/**
 * What Slack documents of each Web API method: rate tier, scopes of which any one suffices, arguments and error
 * codes. The common codes (`not_authed`, `invalid_arguments`, `missing_scope` and so on) are left out.
 */

export type ArgumentType = 'string' | 'boolean' | 'integer' | 'json';

export interface MethodSpec {
  tier: Tier;
  token: 'bot' | 'app' | 'none';
  /** Whether the arguments may come as a JSON body; where they may not, Slack takes no notice of one. */
  takesJson: boolean;
  scopes: readonly string[];
  args: ReadonlyMap<string, { type: ArgumentType; isRequired: boolean }>;
  errors: ReadonlySet<string>;
}

/** `args` is a line of `name`, `name:type` (string by default), with a final `!` where required. */
interface Lines {
  scopes: string;
  args: string;
  errors: string;
  token?: MethodSpec['token'];
  /** True by default. */
  json?: boolean;
}

function words(line: string): string[] {
  return line.split(' ').filter((word) => word !== '');
}

function isArgumentType(text: string): text is ArgumentType {
  return text === 'string' || text === 'boolean' || text === 'integer' || text === 'json';
}

function argument(word: string): [string, { type: ArgumentType; isRequired: boolean }] {
  const isRequired = word.endsWith('!');
  const [name, type = 'string'] = word.replace('!', '').split(':');
  if (name === undefined || !isArgumentType(type)) throw new Error(`Cannot read the argument "${word}"`);
  return [name, { type, isRequired }];
}

function method(tier: Tier, lines: Lines): MethodSpec {
  return {
    tier,
    token: lines.token ?? 'bot',
    takesJson: lines.json ?? true,
    scopes: words(lines.scopes),
    args: new Map(words(lines.args).map(argument)),
    errors: new Set(words(lines.errors)),
  };
}

export const catalog: Readonly<Record<string, MethodSpec>> = {
  'apps.connections.open': method('t3', {
    token: 'app',
    scopes: 'connections:write',
    args: '',
    errors: 'forbidden_team insecure_request',
  }),
  'auth.test': method('t5', {
    scopes: '',
    args: '',
    errors: '',
  }),
  'blocks.validate': method('t5', {
    token: 'none',
    scopes: '',
    args: 'blocks:json message:json view:json',
    errors: 'invalid_blocks invalid_view invalid_message',
  }),
  'bookmarks.add': method('t2', {
    scopes: 'bookmarks:write',
    args: 'channel_id! title! link type! emoji entity_id access_level parent_id',
    errors:
      'access_denied cannot_bookmark_from_external_org cannot_bookmark_restricted_sharing_enabled channel_not_found file_already_added file_not_found invalid_bookmark_type invalid_app_action_type invalid_shortcut_type invalid_child_type invalid_emoji invalid_entity_id invalid_link invalid_parent_type not_implemented parent_bookmark_disabled parent_with_link permission_denied too_many_bookmarks too_many_tabs too_many_requests',
  }),
  'bookmarks.edit': method('t2', {
    scopes: 'bookmarks:write',
    args: 'channel_id! bookmark_id! title link emoji',
    errors:
      'access_denied channel_not_found invalid_bookmark_type invalid_emoji invalid_link not_found not_implemented parent_with_link permission_denied',
  }),
  'bookmarks.list': method('t3', {
    scopes: 'bookmarks:read',
    args: 'channel_id!',
    errors: 'access_denied channel_not_found not_implemented',
  }),
  'bookmarks.remove': method('t2', {
    scopes: 'bookmarks:write',
    args: 'channel_id! bookmark_id! quip_section_id',
    errors:
      'access_denied channel_not_found user_not_found invalid_bookmark_type not_found not_implemented permission_denied',
  }),
  'canvases.create': method('t2', {
    scopes: 'canvases:write',
    args: 'title document_content:json channel_id',
    errors:
      'canvas_disabled_user_team restricted_action canvas_creation_failed free_teams_cannot_create_non_tabbed_canvases free_team_canvas_tab_already_exists free_teams_cannot_create_standalone_canvases',
  }),
  'canvases.edit': method('t3', {
    scopes: 'canvases:write',
    args: 'canvas_id! changes:json!',
    errors:
      'canvas_not_found canvas_disabled_user_team free_teams_cannot_edit_standalone_canvases restricted_action canvas_editing_failed canvas_editing_locked canvas_too_large',
  }),
  'chat.delete': method('t3', {
    scopes: 'chat:write',
    args: 'channel! ts!',
    errors: 'cant_delete_message channel_not_found message_not_found',
  }),
  'chat.getPermalink': method('t5', {
    json: false,
    scopes: '',
    args: 'channel! message_ts!',
    errors: 'channel_not_found message_not_found',
  }),
  'chat.postEphemeral': method('t4', {
    scopes: 'chat:write',
    args: 'attachments:json blocks:json channel! icon_emoji icon_url link_names:boolean markdown_text metadata:json parse text thread_ts user! username',
    errors:
      'channel_not_found invalid_blocks invalid_blocks_format is_archived markdown_text_conflict message_limit_exceeded messages_tab_disabled msg_too_long no_text restricted_action too_many_attachments user_not_in_channel not_in_channel invalid_attachments cannot_reply_to_message',
  }),
  'chat.postMessage': method('t5', {
    scopes: 'chat:write',
    args: 'attachments:json blocks:json channel! icon_emoji icon_url link_names:boolean markdown_text metadata:json mrkdwn:boolean parse reply_broadcast:boolean text thread_ts unfurl_links:boolean unfurl_media:boolean username',
    errors:
      'app_access_restricted as_user_not_supported channel_not_found invalid_blocks invalid_blocks_format invalid_metadata_format invalid_metadata_schema is_archived markdown_text_conflict message_limit_exceeded messages_tab_disabled metadata_must_be_sent_from_app metadata_too_large msg_blocks_too_long no_text not_in_channel rate_limited restricted_action restricted_action_non_threadable_channel restricted_action_read_only_channel restricted_action_thread_locked restricted_action_thread_only_channel send_on_behalf_not_allowed team_not_found too_many_attachments too_many_contact_cards cannot_reply_to_message missing_file_data attachment_payload_limit_exceeded',
  }),
  'chat.update': method('t3', {
    scopes: 'chat:write',
    args: 'attachments:json unfurled_attachments:json blocks:json markdown_text metadata:json channel! link_names:boolean parse text ts! reply_broadcast:boolean file_ids:json',
    errors:
      'as_user_not_supported blocked_file_type block_mismatch cant_broadcast_message cant_update_message channel_not_found edit_window_closed file_deleted file_is_deleted file_not_found file_share_limit_reached invalid_attachments invalid_blocks invalid_blocks_format invalid_metadata_format invalid_metadata_schema is_inactive markdown_text_conflict max_file_sharing_exceeded message_limit_exceeded message_not_found metadata_must_be_sent_from_app metadata_too_large msg_too_long no_dual_broadcast_content_update no_text posting_to_channel_denied streaming_state_conflict team_not_found too_many_attachments unable_to_share_files update_failed',
  }),
  'conversations.archive': method('t2', {
    scopes: 'groups:write im:write mpim:write channels:write channels:manage',
    args: 'channel!',
    errors:
      'already_archived cant_archive_general cant_archive_required channel_not_found method_not_supported_for_channel_type not_in_channel restricted_action',
  }),
  'conversations.canvases.create': method('t2', {
    scopes: 'canvases:write',
    args: 'channel_id! document_content:json title',
    errors:
      'canvas_disabled_user_team restricted_action channel_canvas_creation_failed channel_canvas_already_exists team_tier_cannot_create_channel_canvases canvas_creation_failed canvas_tab_creation_failed free_team_canvas_tab_already_exists',
  }),
  'conversations.create': method('t2', {
    scopes: 'groups:write im:write mpim:write channels:write channels:manage',
    args: 'is_private:boolean name!',
    errors:
      'cannot_create_channel invalid_name invalid_name_maxlength invalid_name_punctuation invalid_name_required invalid_name_specials name_taken no_channel restricted_action canvas_disabled_user_team',
  }),
  'conversations.history': method('t3', {
    scopes: 'groups:history im:history mpim:history channels:history',
    args: 'channel! cursor include_all_metadata:boolean inclusive:boolean latest limit:integer oldest',
    errors:
      'channel_is_limited_access channel_not_found invalid_cursor invalid_metadata_filter_keys invalid_ts_latest invalid_ts_oldest not_in_channel',
  }),
  'conversations.info': method('t3', {
    json: false,
    scopes: 'groups:read im:read mpim:read channels:read',
    args: 'channel! include_locale:boolean include_num_members:boolean',
    errors: 'channel_is_limited_access channel_not_found',
  }),
  'conversations.invite': method('t3', {
    scopes: 'channels:write.invites groups:write.invites channels:manage groups:write im:write mpim:write',
    args: 'channel! force:boolean users!',
    errors:
      'already_in_channel app_cannot_join_channel cant_invite cant_invite_self channel_not_found invitee_cant_see_channel is_archived org_user_not_in_team method_not_supported_for_channel_type no_external_invite_permission no_user not_in_channel ura_max_channels user_is_restricted user_not_found',
  }),
  'conversations.join': method('t3', {
    scopes: 'channels:join',
    args: 'channel!',
    errors:
      'channel_is_limited_access channel_not_found is_archived method_not_supported_for_channel_type too_many_members',
  }),
  'conversations.list': method('t2', {
    json: false,
    scopes: 'groups:read im:read mpim:read channels:read',
    args: 'cursor exclude_archived:boolean limit:integer types',
    errors: 'invalid_cursor invalid_limit invalid_types method_not_supported_for_channel_type',
  }),
  'conversations.members': method('t4', {
    json: false,
    scopes: 'groups:read im:read mpim:read channels:read',
    args: 'channel! cursor limit:integer',
    errors:
      'channel_not_found fetch_members_failed invalid_cursor invalid_limit method_not_supported_for_channel_type',
  }),
  'conversations.open': method('t3', {
    scopes: 'channels:manage groups:write im:write mpim:write',
    args: 'channel return_im:boolean users prevent_creation:boolean',
    errors:
      'channel_not_found invalid_user_combination method_not_supported_for_channel_type not_enough_users too_many_users user_disabled user_not_found user_not_visible users_list_not_supplied',
  }),
  'conversations.rename': method('t2', {
    scopes: 'groups:write im:write mpim:write channels:write channels:manage',
    args: 'channel! name!',
    errors:
      'channel_not_found invalid_name invalid_name_maxlength invalid_name_punctuation invalid_name_required invalid_name_specials is_archived method_not_supported_for_channel_type name_taken not_authorized not_in_channel',
  }),
  'conversations.replies': method('t3', {
    json: false,
    scopes: 'groups:history im:history mpim:history channels:history',
    args: 'channel! cursor include_all_metadata:boolean inclusive:boolean latest limit:integer oldest ts!',
    errors:
      'channel_not_found invalid_cursor invalid_metadata_filter_keys invalid_ts_latest invalid_ts_oldest thread_not_found method_not_supported_for_channel_type list_record_comment_fetch_failed',
  }),
  'conversations.setPurpose': method('t2', {
    scopes:
      'channels:write.topic groups:write.topic mpim:write.topic im:write.topic channels:manage groups:write im:write mpim:write',
    args: 'channel! purpose!',
    errors:
      'channel_not_found is_archived method_not_supported_for_channel_type not_in_channel too_long user_is_restricted',
  }),
  'conversations.setTopic': method('t2', {
    scopes:
      'channels:write.topic groups:write.topic mpim:write.topic im:write.topic channels:manage groups:write im:write mpim:write',
    args: 'channel! topic!',
    errors:
      'channel_not_found is_archived method_not_supported_for_channel_type not_in_channel too_long user_is_restricted',
  }),
  'conversations.unarchive': method('t2', {
    scopes: 'groups:write im:write mpim:write channels:write channels:manage',
    args: 'channel!',
    errors: 'channel_not_found method_not_supported_for_channel_type not_archived',
  }),
  'files.completeUploadExternal': method('t4', {
    scopes: 'files:write',
    args: 'files:json! channel_id thread_ts channels initial_comment blocks:json username icon_url icon_emoji',
    errors:
      'access_denied channel_not_found file_not_found file_update_failed invalid_blocks invalid_channel not_in_channel posting_to_channel_denied channels_limit_exceeded file_type_not_allowed file_uploads_except_images_disabled',
  }),
  'files.getUploadURLExternal': method('t4', {
    json: false,
    scopes: 'files:write',
    args: 'length:integer! filename! snippet_type alt_txt',
    errors:
      'alt_txt_too_large file_upload_size_restricted file_uploads_disabled snippet_too_large storage_limit_reached unknown_snippet_type unknown_subtype file_type_not_allowed file_uploads_except_images_disabled',
  }),
  'files.info': method('t4', {
    json: false,
    scopes: 'files:read',
    args: 'count:integer cursor file! limit:integer page:integer',
    errors:
      'access_denied file_deleted file_not_found canvas_globally_disabled canvas_disabled_user_team canvas_disabled_file_team not_visible template_not_visible',
  }),
  'pins.add': method('t2', {
    scopes: 'pins:write',
    args: 'channel! timestamp',
    errors:
      'already_pinned bad_timestamp channel_not_found file_not_found file_not_shared message_not_found no_item_specified not_in_channel not_pinnable restricted_action too_many_pins',
  }),
  'pins.list': method('t2', {
    json: false,
    scopes: 'pins:read',
    args: 'channel!',
    errors: 'channel_not_found restricted_action',
  }),
  'pins.remove': method('t2', {
    scopes: 'pins:write',
    args: 'channel! timestamp',
    errors:
      'bad_timestamp channel_not_found file_comment_not_found file_not_found message_not_found no_item_specified no_pin not_pinned restricted_action',
  }),
  'reactions.add': method('t3', {
    scopes: 'reactions:write',
    args: 'channel! name! timestamp!',
    errors:
      'already_reacted bad_timestamp channel_not_found invalid_name is_archived message_not_found no_item_specified not_reactable thread_locked too_many_emoji too_many_reactions no_access',
  }),
  'reactions.remove': method('t2', {
    scopes: 'reactions:write',
    args: 'name! file file_comment channel timestamp',
    errors:
      'bad_timestamp channel_not_found file_not_found file_comment_not_found invalid_name message_not_found no_item_specified no_access no_reaction thread_locked',
  }),
  'usergroups.list': method('t2', {
    json: false,
    scopes: 'usergroups:read',
    args: 'include_count:boolean include_disabled:boolean include_users:boolean',
    errors: 'plan_upgrade_required invalid_cursor users_not_found invalid_team',
  }),
  'usergroups.users.list': method('t2', {
    json: false,
    scopes: 'usergroups:read',
    args: 'include_disabled:boolean usergroup!',
    errors: 'no_such_subteam plan_upgrade_required invalid_cursor',
  }),
  'users.conversations': method('t3', {
    json: false,
    scopes: 'groups:read im:read mpim:read channels:read',
    args: 'cursor exclude_archived:boolean exclude_muted:boolean limit:integer types user',
    errors: 'invalid_cursor invalid_limit invalid_types method_not_supported_for_channel_type',
  }),
  'users.info': method('t4', {
    json: false,
    scopes: 'users:read',
    args: 'include_locale:boolean user!',
    errors: 'too_many_users user_not_found user_not_visible',
  }),
  'users.list': method('t2', {
    json: false,
    scopes: 'users:read',
    args: 'cursor include_locale:boolean limit:integer',
    errors: 'invalid_cursor limit_required',
  }),
  'users.lookupByEmail': method('t3', {
    json: false,
    scopes: 'users:read.email',
    args: 'email!',
    errors: 'users_not_found',
  }),
  'views.open': method('t4', {
    scopes: '',
    args: 'trigger_id interactivity_pointer view:json!',
    errors: 'duplicate_external_id exchanged_trigger_id expired_trigger_id invalid_trigger_id view_too_large',
  }),
  'views.publish': method('t4', {
    scopes: '',
    args: 'user_id! view:json! hash interactivity_pointer',
    errors:
      'duplicate_external_id hash_conflict missing_profile_id not_enabled not_implemented view_too_large',
  }),
  'views.push': method('t4', {
    scopes: '',
    args: 'trigger_id interactivity_pointer view:json!',
    errors:
      'duplicate_external_id exchanged_trigger_id expired_trigger_id invalid_trigger_id not_found push_limit_reached view_too_large',
  }),
  'views.update': method('t4', {
    scopes: '',
    args: 'view_id external_id view:json! hash',
    errors: 'duplicate_external_id hash_conflict not_found view_too_large',
  }),
};
