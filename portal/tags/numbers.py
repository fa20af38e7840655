"""Numbers in templates."""

from django import template

from portal import numbers

register = template.Library()

register.filter("number", numbers.number)
register.filter("percent", numbers.percent)
register.filter("roughly", numbers.roughly)
register.filter("tersely", numbers.tersely)
register.filter("whole", numbers.whole)
register.simple_tag(numbers.interval, name="interval_words")
