{{ lines_of('invoice') }}
