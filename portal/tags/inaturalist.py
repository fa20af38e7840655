"""Addresses on iNaturalist in templates."""

from django import template

from portal import inaturalist

register = template.Library()

register.filter("observation_address", inaturalist.observation_address)
register.filter("taxon_address", inaturalist.taxon_address)
register.filter("observations_of", inaturalist.observations_of)
register.filter("to_identify", inaturalist.to_identify)
