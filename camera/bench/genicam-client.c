/* A plain Aravis client that does what Goshawk's capture does: takes each picture and spreads it into an RGB frame.
   Prints pictures a second and the share of a core that the process took, after a warm-up.

   client ADDRESS WIDTH HEIGHT RATE PACKET_BYTES WARM_UP_SECONDS SECONDS */
#include <arv.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define BUFFERS 16

static double cpu_seconds (void)
{
	struct rusage usage;

	getrusage (RUSAGE_SELF, &usage);
	return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void require (GError *error, const char *call)
{
	if (error != NULL) {
		fprintf (stderr, "client: %s failed: %s\n", call, error->message);
		exit (1);
	}
}

static void set_integer (ArvDevice *device, const char *feature, const char *value)
{
	GError *error = NULL;

	arv_device_set_integer_feature_value (device, feature, atoi (value), &error);
	require (error, feature);
}

int main (int argc, char **argv)
{
	GError *error = NULL;
	ArvCamera *camera;
	ArvDevice *device;
	ArvStream *stream;
	unsigned char *rgb;
	guint payload;
	gint64 begin, end;
	double cpu_begin = 0.0;
	guint64 pictures = 0, failures = 0;
	int is_warm = 0;

	if (argc != 8) {
		fprintf (stderr, "client ADDRESS WIDTH HEIGHT RATE PACKET_BYTES WARM_UP_SECONDS SECONDS\n");
		return 2;
	}

	camera = arv_camera_new (argv[1], &error);
	require (error, "arv_camera_new");
	device = arv_camera_get_device (camera);
	arv_device_set_string_feature_value (device, "PixelFormat", "Mono8", &error);
	require (error, "PixelFormat");
	set_integer (device, "Width", argv[2]);
	set_integer (device, "Height", argv[3]);
	set_integer (device, "GevSCPSPacketSize", argv[5]);
	arv_device_set_float_feature_value (device, "AcquisitionFrameRate", atof (argv[4]), &error);
	require (error, "AcquisitionFrameRate");

	payload = arv_camera_get_payload (camera, &error);
	require (error, "arv_camera_get_payload");
	rgb = malloc (3 * (size_t) payload);
	stream = arv_camera_create_stream (camera, NULL, NULL, &error);
	require (error, "arv_camera_create_stream");
	g_object_set (stream, "socket-buffer-size", (int) (2 * payload), NULL);
	for (int i = 0; i < BUFFERS; i++)
		arv_stream_push_buffer (stream, arv_buffer_new_allocate (payload));
	arv_camera_start_acquisition (camera, &error);
	require (error, "arv_camera_start_acquisition");

	begin = g_get_monotonic_time () + atoi (argv[6]) * 1000000LL;
	end = begin + atoi (argv[7]) * 1000000LL;
	while (g_get_monotonic_time () < end) {
		ArvBuffer *buffer = arv_stream_timeout_pop_buffer (stream, 500000);

		if (!is_warm && g_get_monotonic_time () >= begin) {
			is_warm = 1;
			begin = g_get_monotonic_time ();
			pictures = failures = 0;
			cpu_begin = cpu_seconds ();
		}
		if (buffer == NULL)
			continue;
		if (arv_buffer_get_status (buffer) == ARV_BUFFER_STATUS_SUCCESS) {
			size_t size;
			const unsigned char *grey = arv_buffer_get_image_data (buffer, &size);

			for (size_t i = 0; i < size; i++) {
				rgb[3 * i] = grey[i];
				rgb[3 * i + 1] = grey[i];
				rgb[3 * i + 2] = grey[i];
			}
			pictures++;
		} else {
			failures++;
		}
		arv_stream_push_buffer (stream, buffer);
	}

	double took = (g_get_monotonic_time () - begin) / 1e6;

	printf ("total  %.1f pictures/s  cpu %.1f %% of a core  incomplete %" G_GUINT64_FORMAT "  (%d)\n",
		pictures / took, 100.0 * (cpu_seconds () - cpu_begin) / took, failures, rgb[payload / 2]);

	arv_camera_stop_acquisition (camera, NULL);
	g_object_unref (stream);
	g_object_unref (camera);
	free (rgb);
	return 0;
}
