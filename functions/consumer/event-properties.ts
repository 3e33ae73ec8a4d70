/**
 * The properties of HubSpot's own event types, as far as they were seen or documented (2026-11). HubSpot promises
 * none of them for an event, so each is optional where it is read; every value is a text.
 */

interface Visit {
  readonly hs_browser: string;
  readonly hs_city: string;
  readonly hs_country: string;
  readonly hs_country_code: string;
  readonly hs_language: string;
  readonly hs_user_agent: string;
}

export interface PageView extends Visit {
  readonly hs_url: string;
  readonly hs_url_domain: string;
  readonly hs_url_path: string;
  readonly hs_page_title: string;
  readonly hs_referrer: string;
  readonly hs_visitor_type: string;
}

export interface FormSubmission extends PageView {
  readonly hs_form_id: string;
  readonly hs_form_type: string;
}

export interface Email extends Visit {
  readonly hs_campaign_id: string;
  readonly hs_recipient: string;
  readonly hs_subject: string;
}

export interface Call {
  readonly hs_call_direction: string;
  readonly hs_call_duration: string;
}
