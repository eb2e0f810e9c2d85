/* The verb alone, for the tests that run it as a program against a server of their own. */
#include "core/base/config.h"
#include "import/import.h"

int main(int argc, char **argv)
{
	static const struct config none;
	return import_main(argc, argv, &none);
}
