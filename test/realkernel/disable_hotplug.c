// SPDX-License-Identifier: GPL-2.0
#include <linux/cpu.h>
#include <linux/module.h>

static int __init disable(void)
{
	cpu_hotplug_disable();
	return 0;
}

static void __exit enable(void)
{
	cpu_hotplug_enable();
}

module_init(disable);
module_exit(enable);
MODULE_DESCRIPTION("CPU hotplug is disabled for as long as this is loaded");
MODULE_LICENSE("GPL");
