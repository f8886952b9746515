DROP TABLE host_applications;
