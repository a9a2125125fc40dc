# Takes the comments out of the client's modules for www/dist: visitors need not download them. It relies on how they
# are written here: a comment stands on lines of its own. Usage: sed -E -f www/strip.sed siteseer/box.js
/^[[:space:]]*\/\*\*?[^*]*\*\/[[:space:]]*$/d
/^[[:space:]]*\/\*\*.*\*\/[[:space:]]*$/d
/^[[:space:]]*\/\*\*/,/\*\/[[:space:]]*$/d
/^[[:space:]]*\/\/ /d
/^$/d
