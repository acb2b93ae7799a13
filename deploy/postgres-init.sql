CREATE DATABASE portal_engine;
