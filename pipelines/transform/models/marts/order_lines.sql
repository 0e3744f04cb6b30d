{{ lines_of('order') }}
