import { string } from '../json.ts';
import { Button, FeedbackButtons, IconButton, Overflow } from './buttons.tsx';
import { Checks, MultiSelect, Select, Suggestions } from './choices.tsx';
import type { ElementProps } from './elementField.ts';
import { Picture } from './picture.tsx';
import { DateField, MomentField, TextField } from './textFields.tsx';

/** Any interactive element, and the picture that may stand in its place. */
export function Element(props: ElementProps) {
  const type = string(props.element.type);
  switch (type) {
    case 'button':
    case 'workflow_button':
      return <Button {...props} />;
    case 'icon_button':
      return <IconButton {...props} />;
    case 'feedback_buttons':
      return <FeedbackButtons {...props} />;
    case 'overflow':
      return <Overflow {...props} />;
    case 'static_select':
    case 'users_select':
    case 'channels_select':
    case 'conversations_select':
      return <Select {...props} />;
    case 'multi_static_select':
    case 'multi_users_select':
    case 'multi_channels_select':
    case 'multi_conversations_select':
      return <MultiSelect {...props} />;
    case 'external_select':
    case 'multi_external_select':
      return <Suggestions {...props} />;
    case 'checkboxes':
    case 'radio_buttons':
      return <Checks {...props} />;
    case 'datepicker':
    case 'timepicker':
      return <DateField {...props} />;
    case 'datetimepicker':
      return <MomentField {...props} />;
    case 'plain_text_input':
    case 'email_text_input':
    case 'url_text_input':
    case 'number_input':
    case 'rich_text_input':
      return <TextField {...props} />;
    case 'image':
      return <Picture image={props.element} isSmall />;
    default:
      return <span className="not-shown">The sandbox page does not show “{type}”.</span>;
  }
}
