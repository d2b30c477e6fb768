SELECT viewing_id, deal_id, space_id, viewed_at, attendees, rating
FROM crm.viewings
